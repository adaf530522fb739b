"""Every algorithm as its definition reads, slow and plain: what the tests and the benchmarks hold zoolib against."""
