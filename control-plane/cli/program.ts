// SPDX-License-Identifier: Apache-2.0
import { Command, CommanderError } from 'commander';
import { ERROR_CODES } from '../../shared/errors/codes.js';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import { addApplyCommand } from './commands/apply.js';
import { addConfigDumpCommand } from './commands/config-dump.js';
import { addConnectionsCommand } from './commands/connections.js';
import type { CommandContext } from './commands/context.js';
import { addControlPlaneCommand } from './commands/control-plane.js';
import { addDataplaneCommand } from './commands/dataplane.js';
import { addDeleteCommand } from './commands/delete.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addFleetCommand } from './commands/fleet.js';
import { addGetCommand } from './commands/get.js';
import { addLintCommand } from './commands/lint.js';
import { addUpCommand } from './commands/up.js';
import { addVersionCommand } from './commands/version.js';
import { describeFailure } from './failure-text.js';
import type { Terminal } from './terminal.js';

/** Runs one command line and returns the exit code; never throws, never exits. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const context: CommandContext = {
    terminal,
    exitWith: (code) => {
      exitCode = code;
    },
  };
  try {
    await buildProgram(context).parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return usageExitCode(thrown);
    const error = toHeartlineError(thrown);
    terminal.err(describeFailure(error, terminal.env['HEARTLINE_DEBUG'] !== undefined));
    return error.meaning.exit;
  }
}

function buildProgram(context: CommandContext): Command {
  const { terminal } = context;
  const program = new Command('heartline')
    .description('Hot-swaps TCP and HTTP keepalive on the live connections of a gateway fleet.')
    .exitOverride()
    .showHelpAfterError('run the command with -h for its options and examples')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });
  for (const addCommand of COMMANDS) addCommand(program, context);
  return program;
}

/** In the order of the help: run it, change it, look at it. */
const COMMANDS: readonly ((program: Command, context: CommandContext) => void)[] = [
  addUpCommand,
  addControlPlaneCommand,
  addDataplaneCommand,
  addApplyCommand,
  addLintCommand,
  addGetCommand,
  addDeleteCommand,
  addFleetCommand,
  addConnectionsCommand,
  addConfigDumpCommand,
  addDoctorCommand,
  addVersionCommand,
];

/** Commander has printed its message; asking for help is no failure. */
function usageExitCode(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : ERROR_CODES.INVALID_ARGUMENT.exit;
}
