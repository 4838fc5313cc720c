/**
 * Tells zod not to compile its parsers with `new Function`, which the Content-Security-Policy forbids.
 *
 * This is `z.config({ jitless: true })` without loading zod: it keeps its settings in this global (zod 4, `core/core.ts`), and
 * the first list needs no zod. It must run before any chunk that imports zod.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } })

export {}
