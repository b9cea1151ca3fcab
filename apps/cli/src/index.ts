/** What a person sees in a terminal. */
export async function main(_argv: readonly string[]): Promise<void> {}
