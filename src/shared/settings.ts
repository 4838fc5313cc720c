/** The app's own settings: an electron-store file owned by `main`. */
import { z } from 'zod'

export const settingsSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  /** Start the app, hidden in the tray, when the person logs in. */
  startAtLogin: z.boolean().default(false),
  notifications: z.boolean().default(true),
  /** What may be kept without a keyring: asked once, then remembered. */
  secretsWithoutKeyring: z.enum(['ask', 'never', 'allow']).default('ask'),
  groupBy: z.enum(['none', 'tag', 'server', 'space']).default('tag'),
  groupRelaysBy: z.enum(['none', 'tag', 'protocol']).default('tag'),
  detailWidth: z.number().min(280).max(900).default(380),
  /** Whether "Warren keeps running in the tray" was said. */
  closeHintShown: z.boolean().default(false),
})
export type Settings = z.output<typeof settingsSchema>
export const defaultSettings: Settings = settingsSchema.parse({})
export const settingsPatchSchema = z.strictObject({
  theme: settingsSchema.shape.theme.unwrap().optional(),
  startAtLogin: z.boolean().optional(),
  notifications: z.boolean().optional(),
  secretsWithoutKeyring: settingsSchema.shape.secretsWithoutKeyring.unwrap().optional(),
  groupBy: settingsSchema.shape.groupBy.unwrap().optional(),
  groupRelaysBy: settingsSchema.shape.groupRelaysBy.unwrap().optional(),
  detailWidth: settingsSchema.shape.detailWidth.unwrap().optional(),
  closeHintShown: z.boolean().optional(),
})
export type SettingsPatch = z.output<typeof settingsPatchSchema>
