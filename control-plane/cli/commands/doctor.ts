// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { DoctorFlags } from '../doctor/run-doctor.js';
import { type CommandContext, examples, kubeconfigOption, outputOption } from './context.js';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description(
      'check this machine, the files and the running processes; exit 0 only if all is well',
    )
    .addOption(outputOption())
    .addOption(kubeconfigOption())
    .addHelpText('after', examples('heartline doctor', 'heartline doctor -o json'))
    .action(async (flags: DoctorFlags) => {
      const { runDoctor } = await import('../doctor/run-doctor.js');
      context.exitWith(await runDoctor(context.terminal, flags));
    });
}
