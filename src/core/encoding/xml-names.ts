export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

const LETTER = 'A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff';
/** A name without a colon, where the search stands. */
export const NAME = new RegExp(`[${LETTER}][${LETTER}0-9.\\-\\u00b7\\u0300-\\u036f]*`, 'y');

const LONGEST_NAMESPACE = 256;

/**
 * Absolute URIs of the two kinds that name anything here: Canonical XML has no answer for
 * relative ones (1.1, section 1.3), and readers differ about what is odd in others.
 */
const URI_CHARACTER = "(?:[\\w.~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})";
const NAMESPACE_NAME = new RegExp(
  `^(?:https?://[\\w.-]+(?:/${URI_CHARACTER}*)?|urn:(?!/)${URI_CHARACTER}+)(?:#${URI_CHARACTER}*)?$`,
);

export function isNamespaceName(name: string): boolean {
  return name.length <= LONGEST_NAMESPACE && NAMESPACE_NAME.test(name);
}
