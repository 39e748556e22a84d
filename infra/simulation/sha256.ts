/**
 * Node's SHA-256 in the place of `core/sha256.ts`, which must also run where there is no Node. `test/core/foundations.test.ts` shows that both give
 * one hash of every text, apart from halves of surrogate pairs, which nothing in a history has.
 */
import { hash } from 'node:crypto'

export const sha256 = (text: string): string => hash('sha256', text)
