/** Bytes of guest memory for one card. */
export const CARD_BYTES = 4096;
export const CARD_SHIFT = 12;

/**
 * A restore of a marked page restores this many bytes before it and after it too. So a store that straddles pages marks one of them only, and
 * one mark does for all stores near it.
 */
export const SLACK = 256;

/**
 * The slices of the memory of cards lie side by side in groups, so that those of many small memories share a page. Shape: for each slice of the
 * group the size of memory 0 in pages as the guest sees it (i32); then for each the pages that the quota has been charged for (i32); then for
 * each card a byte of each slice.
 */
export const GROUP_SLICES = 8;
export const GROUP_SHIFT = 3;
export const GROUP_HEADER_BYTES = 8 * GROUP_SLICES;

/** How much further the charged pages stand than the size. */
export const CHARGED_OFFSET = 4 * GROUP_SLICES;

/** How much further the size stands than `base`, the start of a slice's group plus its number in the group. */
export const SIZE_STRIDE = 3;

/** With fewer than all 65,536 pages an address that wraps around is out of bounds, on which `MarkedAddresses` relies. */
export const MAX_TRACKED_PAGES = 65_535;

/** Where the imports that the rewriter adds come from, and how their names and those of the exports begin. */
export const RESERVED = 'wasi-serve';
