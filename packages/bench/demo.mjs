// `npm run demo`: a simulated cluster counts words while one of its workers is killed. The program is src/demo/main.ts.
import { runSource } from './run-source.mjs';

await runSource('demo/main.ts');
