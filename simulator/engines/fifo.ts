/** A first-in-first-out queue whose removal costs constant time: under overload queues hold tens of thousands. */
export type Fifo<T> = {
  push(item: T): void
  shift(): T | undefined
  peek(): T | undefined
  readonly length: number
  /** Empties the queue. */
  takeAll(): T[]
}

export const createFifo = <T>(): Fifo<T> => {
  let items: T[] = []
  let head = 0
  return {
    push: (item) => void items.push(item),
    shift: () => {
      const item = items[head]
      if (head < items.length) head += 1
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return item
    },
    peek: () => items[head],
    get length() {
      return items.length - head
    },
    takeAll: () => {
      const rest = items.slice(head)
      items = []
      head = 0
      return rest
    },
  }
}
