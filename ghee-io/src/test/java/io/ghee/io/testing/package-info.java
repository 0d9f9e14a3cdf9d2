/** Servers that tests read from and write to. Start at {@link io.ghee.io.testing.Hdfs}. */
package io.ghee.io.testing;
