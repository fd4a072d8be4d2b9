// What reading the input of a task came to, a split or a merge.

export interface InputCounts {
  readonly records: number;
  readonly bytes: number;
  readonly groups: number;
  readonly invalidUtf8: number;
}
