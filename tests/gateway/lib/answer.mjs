// answer.mjs - an answer as the judges take it.

// From node:http's head and the text that came after it.
export function answerOf(response, text) {
  const type = response.headers['content-type'] ?? ''
  const body = /json/.test(type) && text ? JSON.parse(text) : undefined
  return { status: response.statusCode, headers: response.headers, text, body }
}
