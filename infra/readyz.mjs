/** Health check of a container: exit code 0 when the process in it answers that it is ready. Built-ins only. */

const port = process.env.HETEROSCALE_HTTP_PORT ?? '9464'
const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
process.exitCode = answer?.ok === true ? 0 : 1
