/** `maxFieldsBytes` as `max-fields-bytes`. */
export function toKebabCase(camelCase: string): string {
  return camelCase.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
