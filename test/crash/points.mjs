/**
 * Lets a service end or stop itself at a named point inside its work. A process under test is started with
 * `NODE_OPTIONS=--import=<this file>`; the product does not know of it. Wrapped is only what a service talks through, so that
 * each point lies exactly before or after something that the outside can see:
 *
 *   append/<EventType>/before|after    a produce request with such a record leaves; its acknowledgement has come
 *   commit/<group>/before|after        an offset is committed
 *   http/<call>/before|after           a write to a sub-cluster: apply, registration-target, undo, registered
 *   activity/<name>/before|after       an activity begins; it has its result, which Temporal does not know yet
 *   submit/before|after                an intent is handed to its workflow
 *
 * HETEROSCALE_CRASH_DIR is the folder of the orders; HETEROSCALE_CRASH_ROLE names ours: `<role>.json` holds
 * `{ id, points: [{ point, match? }], action }`, both patterns. The points are passed in order, the action strikes at the last one, in
 * whichever process of the role comes first. `<id>.bite` then proves that it did. Actions: a signal, or `notice` (go on).
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { HETEROSCALE_CRASH_DIR: dir, HETEROSCALE_CRASH_ROLE: role } = process.env
const require = createRequire(import.meta.url)
/** How many points of which order this process has passed. */
let passed = { id: '', count: 0 }

function pass(point, detail = '') {
  const order = standingOrder()
  if (order === undefined) return
  if (passed.id !== order.id) passed = { id: order.id, count: 0 }
  const next = order.points[passed.count]
  if (next === undefined || !new RegExp(`^${next.point}$`).test(point) || !new RegExp(next.match ?? '').test(detail)) return
  passed.count += 1
  if (passed.count === order.points.length) strike(order, { point, detail })
}

function standingOrder() {
  try {
    return JSON.parse(readFileSync(join(dir, `${role}.json`), 'utf8'))
  } catch {
    return undefined
  }
}

/** Renaming takes the order from the other processes of the role: one of them strikes. */
function strike({ id, action }, where) {
  try {
    renameSync(join(dir, `${role}.json`), join(dir, `${id}.taken`))
  } catch {
    return
  }
  writeFileSync(join(dir, `${id}.tmp`), JSON.stringify({ id, action, ...where, pid: process.pid, at: Date.now() }))
  renameSync(join(dir, `${id}.tmp`), join(dir, `${id}.bite`))
  if (action !== 'notice') process.kill(process.pid, action)
}

function wrapKafka() {
  const { Kafka } = require('kafkajs')
  const { producer, consumer } = Kafka.prototype
  Kafka.prototype.producer = function (options) {
    return around(producer.call(this, options), 'sendBatch', async (send, batch) => {
      const records = recordsIn(batch)
      for (const { type, key } of records) pass(`append/${type}/before`, key)
      const answer = await send(batch)
      for (const { type, key } of records) pass(`append/${type}/after`, key)
      return answer
    })
  }
  Kafka.prototype.consumer = function (options) {
    return around(consumer.call(this, options), 'run', (run, config) =>
      run({ ...config, eachBatch: (payload) => config.eachBatch(committing(payload, options.groupId)) }),
    )
  }
}

/** A record's type stands in its CloudEvents header. */
function recordsIn({ topicMessages = [] }) {
  const messages = topicMessages.flatMap(({ messages }) => messages)
  return messages.filter(({ headers }) => headers?.ce_type).map(({ headers, key }) => ({ type: String(headers.ce_type).split('.').at(-1), key: String(key ?? '') }))
}

function committing(payload, groupId) {
  return around({ ...payload }, 'commitOffsetsIfNecessary', async (commit, offsets) => {
    pass(`commit/${groupId}/before`, JSON.stringify(offsets ?? ''))
    const done = await commit(offsets)
    pass(`commit/${groupId}/after`, JSON.stringify(offsets ?? ''))
    return done
  })
}

function around(object, method, wrapper) {
  const original = object[method].bind(object)
  object[method] = (...args) => wrapper(original, ...args)
  return object
}

/** Each write is also counted by its key, so that "at most two calls" can be judged. */
function wrapFetch() {
  const original = globalThis.fetch
  globalThis.fetch = async (url, options) => {
    const call = options?.method === 'POST' ? new URL(url).pathname.split('/').at(-1) : undefined
    if (call === undefined) return original(url, options)
    const { key } = JSON.parse(options.body ?? '{}')
    if (key !== undefined) appendFileSync(join(dir, 'calls.ndjson'), `${JSON.stringify({ key, call, pid: process.pid, at: Date.now() })}\n`)
    pass(`http/${call}/before`, key ?? '')
    const answer = await original(url, options)
    pass(`http/${call}/after`, key ?? '')
    return answer
  }
}

function wrapTemporal() {
  const { Worker } = require('@temporalio/worker')
  const { activityInfo } = require('@temporalio/activity')
  const { WorkflowClient } = require('@temporalio/client')
  const create = Worker.create
  const named = ([name, perform]) => [
    name,
    async (...args) => {
      pass(`activity/${name}/before`, activityInfo().activityId)
      const result = await perform(...args)
      pass(`activity/${name}/after`, activityInfo().activityId)
      return result
    },
  ]
  Worker.create = function (options) {
    return create.call(this, { ...options, activities: Object.fromEntries(Object.entries(options.activities ?? {}).map(named)) })
  }
  const submit = WorkflowClient.prototype.executeUpdateWithStart
  WorkflowClient.prototype.executeUpdateWithStart = async function (update, options) {
    pass('submit/before', options.updateId)
    const answer = await submit.call(this, update, options)
    pass('submit/after', options.updateId)
    return answer
  }
}

if (dir !== undefined && role !== undefined) {
  wrapKafka()
  wrapFetch()
  if (role.startsWith('orchestrator')) wrapTemporal()
}
