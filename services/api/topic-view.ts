/** The topics of the log: how much each keeps, which records stand in it, and who writes them. */
import type { EventLog } from '../../core/ports.ts'
import { brokerTopic, topicNames, topics } from '../../core/topics.ts'
import type { Topic } from '../../core/topics.ts'
import type { TopicAnswer } from './answers.ts'

const writers: { readonly [topic in Topic]: readonly string[] } = {
  metrics: ['foreign producers'],
  signals: ['collector', 'decider', 'orchestrator', 'api'],
  decisions: ['decider'],
  intents: ['decider'],
  rollouts: ['decider'],
  cells: ['collector', 'orchestrator'],
  controls: ['api', 'heteroscale kill-switch --direct'],
  snapshots: ['decider'],
  services: ['decider'],
  checkpoints: ['decider'],
  'dead-letters': ['every reader', 'collector'],
}

/** Asks the broker. Throws `PortError` when it does not answer. */
export const topicAnswers = (log: Pick<EventLog, 'bounds'>, prefix: string): Promise<readonly TopicAnswer[]> =>
  Promise.all(topicNames.map(async (topic): Promise<TopicAnswer> => {
    const bounds = await log.bounds(topic)
    return {
      topic,
      name: brokerTopic(topic, prefix),
      partitions: bounds.length,
      records: bounds.reduce((sum, { start, end }) => sum + end - start, 0),
      kept: topics[topic].kept,
      carries: topics[topic].carries,
      writtenBy: writers[topic],
    }
  }))
