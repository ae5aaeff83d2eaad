/** Preloaded into a process (`node --import`), to make it believe that it is CLOCK_OFFSET_MS later. */
const offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args) =>
    args.length === 0 ? new target(RealDate.now() + offsetMs) : Reflect.construct(target, args),
  get: (target, property) =>
    property === 'now' ? () => RealDate.now() + offsetMs : Reflect.get(target, property),
}) as DateConstructor;
