"""Access to audits: a link or roles for somebody who may read audits waits until a second person confirms it."""
