/** What an operator reads when the machine lacks something. */
import { describe, expect, test } from 'vitest'
import { lackingFor } from '../../infra/local/install.ts'
import { findJava, hasPip, javaMajor, missing, prerequisites } from '../../infra/local/prerequisites.ts'
import type { TryCommand } from '../../infra/local/prerequisites.ts'

const openjdk = (version: string) => `openjdk version "${version}" 2025-04-15\nOpenJDK Runtime Environment`
const machineWith = (answers: Readonly<Record<string, string>>): TryCommand => (command) => Promise.resolve(answers[command])

describe('Java', () => {
  test('is read from what `java -version` prints, also in the old numbering', () => {
    expect(javaMajor(openjdk('17.0.15'))).toBe(17)
    expect(javaMajor(openjdk('25'))).toBe(25)
    expect(javaMajor('java version "1.8.0_392"')).toBe(8)
    expect(javaMajor('The operation couldn’t be completed. Unable to locate a Java Runtime.')).toBe(0)
  })

  test('is taken from JAVA_HOME before the PATH', async () => {
    const machine = machineWith({ '/opt/jdk/bin/java': openjdk('21.0.1'), java: openjdk('17.0.1') })
    expect(await findJava(machine, { JAVA_HOME: '/opt/jdk' })).toBe('/opt/jdk/bin/java')
    expect(await findJava(machine, {})).toBe('java')
  })

  test('that is too old is passed over', async () => {
    const machine = machineWith({ '/opt/jdk/bin/java': openjdk('11.0.2'), java: openjdk('17.0.1') })
    expect(await findJava(machine, { JAVA_HOME: '/opt/jdk' })).toBe('java')
    expect(await findJava(machineWith({ java: openjdk('11.0.2') }), {})).toBeUndefined()
  })
})

test('pip counts as missing where python3 does not run', async () => {
  expect(await hasPip(machineWith({}))).toBe(false)
  expect(await hasPip(machineWith({ python3: 'pip 23.0.1' }))).toBe(true)
})

describe('What is missing', () => {
  test('without Java, pip brings a runtime, so Java is asked for only where pip is missing too', () => {
    expect(lackingFor({ java: true }, { maven: true, pip: true })).toEqual([])
    expect(lackingFor({ java: true }, { maven: true, pip: false })).toEqual([prerequisites.java, prerequisites.python])
    expect(lackingFor({ java: false }, { maven: false, pip: true })).toEqual([prerequisites.maven])
  })

  test('is named with the lines that install it and with the way around it', () => {
    const error = missing([prerequisites.maven, prerequisites.python])
    expect(error.code).toBe('PREREQUISITE_MISSING')
    for (const said of ['Maven', 'Python 3 with pip', 'apt-get install -y maven', 'brew install maven', 'apt-get install -y python3-pip', 'brew install python', 'docker compose up']) {
      expect(error.message).toContain(said)
    }
    expect(error.message).not.toContain('openjdk')
  })
})
