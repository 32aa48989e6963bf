//go:build crmcp_loses_writes

package store

// synchronous leaves acknowledged writes to the system's cache. The test of
// power cuts builds this program to see that it would notice lost writes;
// nothing else may be built so.
const synchronous = "normal"
