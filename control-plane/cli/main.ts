#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that has seen enough (`heartline connections | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 74);
});

process.exit(await runProgram(process.argv.slice(2), processTerminal()));
