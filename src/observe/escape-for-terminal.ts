/** Escapes DEL, the C1 controls and two line separators in JSON: JSON allows them, but a terminal would act on them. */
export function escapeForTerminal(json: string): string {
  return json.replaceAll(/[\u007f-\u009f\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
