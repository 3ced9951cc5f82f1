const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** A page of a listing. */
export interface S3Page {
  readonly keys: readonly string[];
  /** Of the first key, in seconds; 0 if there is none. */
  readonly firstModified: number;
  /** Where the next page begins. */
  readonly next: string | undefined;
}

/** Source: Amazon S3, `ListObjectsV2`. */
export function parseListing(xml: string): S3Page {
  const isEncoded = elementText(xml, 'EncodingType') === 'url';
  const decode = (key: string): string => (isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key);
  return {
    keys: allOf(xml, 'Key').map(decode),
    firstModified: toSeconds(elementText(xml, 'LastModified')),
    next: elementText(xml, 'IsTruncated') === 'true' ? elementText(xml, 'NextContinuationToken') : undefined,
  };
}

/** The text of the first element of a name, which has no elements inside; `undefined` if there is none. */
export function elementText(xml: string, name: string): string | undefined {
  return allOf(xml, name)[0];
}

function allOf(xml: string, name: string): string[] {
  return Array.from(xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g')), ([, text = '']) => unescapeXml(text));
}

function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? all;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= 0x10_ffff ? String.fromCodePoint(point) : all;
    },
  );
}

/** Source: Amazon S3, `DeleteObjects`. */
export function formatDelete(keys: readonly string[]): string {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
  return `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`;
}

/** Source: Amazon S3, `CompleteMultipartUpload`. */
export function formatParts(etags: readonly string[]): string {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
}

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Seconds since 1970 of a date in a text; 0 if there is none. */
export function toSeconds(date: string | undefined): number {
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.floor(ms / 1000));
}
