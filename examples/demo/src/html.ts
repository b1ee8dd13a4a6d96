/** Markup that is safe to send. Only `html` creates it, and it escapes all other values that are inserted. */
export interface Html {
  readonly markup: string
}

type Content = string | number | Html | readonly Html[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

function toMarkup(content: Content): string {
  if (typeof content === 'string') return escape(content)
  if (typeof content === 'number') return String(content)
  return 'markup' in content ? content.markup : content.map(toMarkup).join('')
}

/** Creates markup as a template tag: html`<p>${text}</p>`. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { markup: String.raw({ raw: parts }, ...contents.map(toMarkup)) }
}
