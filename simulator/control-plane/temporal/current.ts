/**
 * Whose code runs now. Workflows and activities ask for it through functions without arguments, as Temporal's own libraries let
 * them. It needs no async context: one step of the scheduler resumes one of them, and is over before the next begins.
 */
import type { ActivityRun } from './activity-run.ts'
import type { WorkflowInstance } from './workflow-instance.ts'

export const current: { workflow: WorkflowInstance | null; activity: ActivityRun | null } = { workflow: null, activity: null }
