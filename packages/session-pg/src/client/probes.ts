/** Texts that a custom serializer might convert or normalize. */
export const probes: readonly string[] = ['', ' aZ\t"\'\\ ', '{ "b": 1.0, "a": "\\u0041" }', 'null', '10']
