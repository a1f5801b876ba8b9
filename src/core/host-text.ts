/**
 * A host in the one spelling that it has here: names in lower case, addresses as the URL standard
 * writes them. ssh, operators and users each write the same address in their own way.
 *
 * @param host a name, or an address without brackets.
 */
export function hostText(host: string): string {
  const text = host.toLowerCase();
  // Of nothing else can an address be made, and a URL would read more into it.
  if (!/^[0-9a-fx.:]+$/.test(text)) return text;
  const url = URL.parse(`http://${text.includes(':') ? `[${text}]` : text}`);
  return url === null ? text : url.hostname.replace(/^\[(.*)\]$/, '$1');
}
