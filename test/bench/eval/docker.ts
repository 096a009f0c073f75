import { execa } from 'execa'

/** Whether an engine answers that has the images. */
export async function dockerAnswers(): Promise<boolean> {
  const { failed, stdout } = await execa('docker', ['images', '--format', '{{.Repository}}'], {
    reject: false,
  })
  return !failed && stdout.includes('agentctl-python') && stdout.includes('agentctl-node')
}
