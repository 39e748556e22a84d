/** Who is typing, for the record. */
import { userInfo } from 'node:os'

/** Name of the account; some containers have accounts without one. */
export const author = (): string => {
  try {
    return userInfo().username.replace(/[^\w.@+-]/g, '_').slice(0, 64) || 'unknown'
  }
  catch {
    return 'unknown'
  }
}

export const authorHeaders = (): { readonly [name: string]: string } => ({ 'x-heteroscale-author': author() })
