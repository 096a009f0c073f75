import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { doctorFlags } from '../cli/doctor/doctor-flags.ts'

export default class Doctor extends BaseCommand {
  static override summary = 'Find out what is wrong, with a fix for each finding'
  static override description =
    'Looks at this machine, the settings, the serve that runs here, Redis and what is in it, queues, PostgreSQL, Docker and ' +
    'the sandbox. It changes nothing, and works also where Redis does not. Exit code 1 when there is an error.'
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --only redis --only streams --verbose',
    '<%= config.bin %> doctor --bundle report.tar.gz',
    '<%= config.bin %> doctor --json | jq -r \'.findings[] | select(.level=="error") | .what\'',
  ]
  static override flags = {
    ...doctorFlags,
    verbose: Flags.boolean({ description: 'Also show what is well', char: 'v' }),
    bundle: Flags.string({
      description:
        'Write a .tar.gz for a report of a bug: findings, versions, settings, logs; secrets are masked',
      helpValue: '<file>',
    }),
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Doctor)
    const { renderDoctor, runDoctor } = await import('../cli/doctor/run-doctor.ts')
    const examination = await runDoctor(flags)
    if (!this.jsonEnabled()) this.log(renderDoctor(examination, flags.output, flags.verbose))
    if (examination.bundle !== null)
      this.say(`The bundle is ${examination.bundle}; README.txt in it says what it holds.`)
    if (examination.counts.error > 0) process.exitCode = 1
    return examination
  }
}
