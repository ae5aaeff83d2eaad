/** A metric that an expression asks for, and the labels that it takes it to have. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

const words = new Set([
  'by',
  'without',
  'and',
  'or',
  'unless',
  'on',
  'ignoring',
  'offset',
  'bool',
  'inf',
  'nan',
]);

/** What a PromQL expression reads. Labels it groups by are held to belong to each of its metrics. */
export function selectorsOf(expression: string): Selector[] {
  const text = expression.replaceAll(/\[[^\]]*\]/g, '');
  const grouped = [...text.matchAll(/\b(?:by|without|on|ignoring) *\(([^)]*)\)/g)]
    .flatMap(([, list = '']) => list.split(','))
    .map((label) => label.trim());
  const bare = text.replaceAll(/\b(?:by|without|on|ignoring) *\([^)]*\)/g, '');
  const found: Selector[] = [];
  for (const [, metric = '', matchers = ''] of bare.matchAll(
    /(?<!["\w])([a-z_][\w:]*)\b(?! *\()(?:\{([^}]*)\})?(?![^{]*\})/gi,
  )) {
    if (words.has(metric.toLowerCase())) continue;
    const matched = [...matchers.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    found.push({ metric, labels: [...grouped, ...matched] });
  }
  return found;
}
