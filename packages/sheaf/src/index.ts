// What `import … from 'sheaf'` gives a job file: the names of @sheaf/job, no more and no less.
export * from '@sheaf/job';
