/** For logs: a token in the query is blotted out. */
export function withoutToken(url: string): string {
  return url.includes('token=') ? url.replaceAll(/([?&]\w*token=)[^&#]*/gi, '$1[redacted]') : url;
}
