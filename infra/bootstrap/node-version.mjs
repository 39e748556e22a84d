/** Says whether this Node can run HeteroScale. Built-ins only. */

const oldest = [20, 19]

/** What to tell the user of a Node that is too old, or undefined when it is new enough. */
export function nodeVersionFault(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined
  return (
    `NODE_TOO_OLD node ${version}: HeteroScale needs Node ${oldest.join('.')} or newer; nothing was started.\n` +
    '  Any system:  https://nodejs.org/en/download   macOS:  brew install node   With Docker instead:  docker compose up'
  )
}
