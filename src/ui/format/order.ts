/** Orders names as people do: worker-2 comes before worker-10. */
export const byName = new Intl.Collator('en', { numeric: true }).compare
