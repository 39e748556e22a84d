/** Configuration of the emulator. World time comes from the common keys HETEROSCALE_SPEED and …_EPOCH_MS. */
import { z } from 'zod'
import { commaList, flag, positiveNumber, wholeNumber } from '../config.ts'

export const emulatorShape = {
  /** Scenario file (YAML or JSON); without it, the built-in service chat-70b with one group of 2P+4D. */
  HETEROSCALE_EMULATOR_SCENARIO: z.string().min(1).optional(),
  /** Sub-clusters of the built-in topology: 64 nodes of 8 GPUs each. */
  HETEROSCALE_EMULATOR_SUB_CLUSTERS: commaList.default(['sub-a']),
  HETEROSCALE_EMULATOR_SEED: wholeNumber(0, 2 ** 31).optional(),
  /** Stretches every start-up; 1 is about 26 s of world time. */
  HETEROSCALE_EMULATOR_STARTUP_SCALE: positiveNumber(100).optional(),
  /** Request trace that replaces the first service's workload: Azure CSV or Mooncake JSON lines. */
  HETEROSCALE_EMULATOR_TRACE: z.string().min(1).optional(),
  /** Multiplies the load of the first service's workload. */
  HETEROSCALE_EMULATOR_LOAD_FACTOR: positiveNumber(1000).optional(),
  /** Length of the first service's synthetic day. */
  HETEROSCALE_EMULATOR_DAY_MINUTES: positiveNumber(1440).optional(),
  /** False: no request arrives before POST /workloads/<service>/start. */
  HETEROSCALE_EMULATOR_AUTOSTART: flag.default(true),
  /** Faults that stand from the start, by kind. */
  HETEROSCALE_EMULATOR_FAULTS: commaList.optional(),
}

export type EmulatorConfig = z.output<z.ZodObject<typeof emulatorShape>>
