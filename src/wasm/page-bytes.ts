/** The size of a page of linear memory. Source: core specification, 4.2.8 "Memory Instances". */
export const PAGE_BYTES = 65_536;
