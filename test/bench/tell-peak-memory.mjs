// Loaded into a process before its program: at the end it writes the most memory that the process ever took, in bytes.

import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.PEAK_MEMORY_FILE, String(process.resourceUsage().maxRSS * 1024)));
