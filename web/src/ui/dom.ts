/** The few helpers that the pages build their elements with. Text is always set as text: names come from strangers. */

type Child = Node | string | undefined;

/** @param attributes set as attributes; `undefined` and `false` leave one out, `true` sets it empty */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** An element that the page's HTML has. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Sets a text only when it changes, so that screen readers hear of changes only. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
