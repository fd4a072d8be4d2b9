// Certificates that the code of jobs trusts beyond Node's own: Node reads the file that NODE_EXTRA_CA_CERTS names as it starts.

/** The variable in which a worker that does without them itself is told what its executors have in NODE_EXTRA_CA_CERTS. */
export const executorCertificates = 'SHEAF_EXECUTOR_CA_CERTS';
