declare module 'icon:*' {
  const shapes: readonly (readonly [string, Record<string, string>])[]
  export default shapes
}
