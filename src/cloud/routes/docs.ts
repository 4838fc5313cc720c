/** `GET /docs`: the OpenAPI document to read in a browser, without a script and without anything from another server. */
import type { RouteContext } from '../context'
import type { openApiDocument } from '../openapi'
import { escaped, pageAnswer } from './_page'

type Document = ReturnType<typeof openApiDocument>

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
code, pre { font: 14px/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: 4px }
details { border-bottom: 1px solid #8886; padding: .35rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4rem }
nav a { margin-right: 1rem }`

export function docsPage(context: RouteContext, document: Document): Response {
  const { title, description = '' } = document.info
  const url = document.servers?.[0]?.url ?? ''
  const routes = routesOf(document)
  const groups = [...new Set(routes.map(({ group }) => group))]
  const sections = groups.map((group) => {
    const inside = routes.filter((route) => route.group === group).map((route) => sectionOf(route, url, document))
    return `<h2 id="${escaped(group)}">/${escaped(group)}</h2>\n${inside.join('\n')}`
  })
  const links = groups.map((group) => `<a href="#${escaped(group)}">/${escaped(group)}</a>`)
  const body = [
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(description)}</p>`,
    `<p>The same for programs: <a href="openapi.json">openapi.json</a>. Whatever is not done answers`,
    `<code>${escaped(typeOf({ $ref: '#/components/schemas/Problem' }))}</code> with the status:</p>`,
    `<pre>${escaped(typeOf(schemasOf(document)['Problem'] ?? {}))}</pre>`,
    `<nav>${links.join('\n')}</nav>`,
    ...sections,
    '<h2 id="types">Types</h2>',
    ...Object.entries(schemasOf(document)).map(
      ([name, schema]) =>
        `<h3 id="${escaped(name)}">${escaped(name)}</h3>\n<pre>${linked(typeOf(schema), document)}</pre>`,
    ),
  ]
  return pageAnswer(context, { title, style: STYLE, body: body.join('\n') })
}

// --- internal ---

/** As much of JSON Schema (2020-12) as the document uses. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}

interface Operation {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly unknown[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: Content
  readonly responses?: Readonly<Record<string, Content>>
}

interface Route {
  readonly method: string
  readonly path: string
  readonly group: string
  readonly operation: Operation
}

function routesOf(document: Document): readonly Route[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
      ...{ method, path, operation },
      group: operation.tags?.[0] ?? '',
    })),
  )
}

function schemasOf(document: Document): Readonly<Record<string, Schema>> {
  return document.components?.schemas ?? {}
}

function sectionOf({ method, path, operation }: Route, url: string, document: Document): string {
  const { summary = '', parameters = [], requestBody, responses = {} } = operation
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const body = schemaIn(requestBody)
  const [status = ''] = Object.keys(responses).filter((code) => code !== 'default')
  const answer = schemaIn(responses[status])
  const isOpen = operation.security?.length === 0
  const curl = [
    `curl -X ${method.toUpperCase()} "${url}${path}"`,
    ...(isOpen ? [] : ['-H "Authorization: Bearer $TOKEN"']),
    ...(body === undefined ? [] : ['-H "Content-Type: application/json"', "-d '…'"]),
  ]
  return [
    `<details><summary><b>${method.toUpperCase()}</b> <code>${escaped(path)}</code> ${escaped(summary)}</summary>`,
    `<pre>${escaped(curl.join(' \\\n  '))}</pre>`,
    ...(query.length === 0
      ? []
      : [`<p>Query: ${query.map(({ name }) => `<code>${escaped(name)}</code>`).join(', ')}</p>`]),
    ...(body === undefined ? [] : [`<p>Body:</p><pre>${linked(typeOf(body), document)}</pre>`]),
    `<p>Answer: ${escaped(status)}</p>`,
    ...(answer === undefined ? [] : [`<pre>${linked(typeOf(answer), document)}</pre>`]),
    '</details>',
  ].join('\n')
}

function schemaIn(holder: Content | undefined): Schema | undefined {
  return holder?.content?.['application/json']?.schema
}

/** A schema as TypeScript would write it. */
function typeOf(schema: Schema, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(' | ')
  if (schema.allOf !== undefined) return schema.allOf.map((one) => typeOf(one, indent)).join(' & ')
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['unknown'])
  return types.map((type) => plainType(type, schema, indent)).join(' | ')
}

function plainType(type: string, { items, properties, required = [] }: Schema, indent: string): string {
  if (type === 'array') {
    const element = typeOf(items ?? {}, indent)
    return / [|&] /.test(element) ? `(${element})[]` : `${element}[]`
  }
  if (type !== 'object' || properties === undefined) return type
  const lines = Object.entries(properties).map(
    ([name, inner]) => `${indent}  ${name}${required.includes(name) ? '' : '?'}: ${typeOf(inner, `${indent}  `)}`,
  )
  return `{\n${lines.join('\n')}\n${indent}}`
}

/** Names of types lead to them. */
function linked(type: string, document: Document): string {
  const names = new Set(Object.keys(schemasOf(document)))
  return escaped(type).replaceAll(/(?<=^|[ (])[A-Z]\w+/gm, (name) =>
    names.has(name) ? `<a href="#${name}">${name}</a>` : name,
  )
}
