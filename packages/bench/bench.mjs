// `npm run bench`: speed and memory, measured as users run it. The program is src/bench/main.ts.
import { runSource } from './run-source.mjs';

await runSource('bench/main.ts');
