/** Bytes of guest memory for one card. */
export const CARD_BYTES = 4096;
export const CARD_SHIFT = 12;

/**
 * Restoring a marked page also restores this many bytes before and after it. So a store that straddles pages marks only one of them, and one mark covers
 * all stores near it.
 */
export const SLACK = 256;

/**
 * The slices of the memory of cards are interleaved in groups, so that those of many small memories share a page. Shape: for each slice of the group, the
 * reported size of memory 0 in pages (i32); then for each slice, the number of pages charged to the quota (i32); then for each card, one byte of each
 * slice.
 */
export const GROUP_SLICES = 8;
export const GROUP_SHIFT = 3;
export const GROUP_HEADER_BYTES = 8 * GROUP_SLICES;

/** The offset of the charged pages from the size. */
export const CHARGED_OFFSET = 4 * GROUP_SLICES;

/** The multiplier from a slice's number in its group to the offset of its size from `base`, which is the group's start plus that number. */
export const SIZE_STRIDE = 3;

/** With fewer than all 65,536 pages, an address that wraps around is out of bounds. `MarkedAddresses` relies on this. */
export const MAX_TRACKED_PAGES = 65_535;

/** The module name of the imports that the rewriter adds, and the prefix of its exports. */
export const RESERVED = 'wasi-serve';
