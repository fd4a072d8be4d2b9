// One of the seven example graphs, by its name, with the settings that a test asks for.

import { rawJob } from 'sheaf/raw';
import { z } from 'zod';
import { type Example, exampleNames, examples } from '../../graph/examples.ts';

const params = z.object({
  example: z.enum(exampleNames),
  data: z.string(),
  out: z.string(),
  memoryMb: z.coerce.number().default(64),
});
type Params = z.infer<typeof params>;

function example({ example: name, data, out }: Params): Example {
  return examples({ data, out })[name];
}

export default rawJob({
  params,
  graph: (p: Params) => {
    const { graph } = example(p);
    return { ...graph, settings: { ...graph.settings, memoryMb: p.memoryMb } };
  },
  functions: (p: Params) => example(p).functions,
});
