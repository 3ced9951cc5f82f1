/** The lines `what -> result` of a guest's report, in order. */
export async function readFacts(response: Response): Promise<string[]> {
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the guest answered ${response.status}: ${text}`);
  return text.split('\n').filter((line) => line.includes(' -> '));
}
