import { fileURLToPath } from 'node:url'

/** The program as users start it; it runs what `npm run build` made. */
export const BIN = fileURLToPath(new URL('../../../bin/agentctl.js', import.meta.url))
