package io.ghee.io.file;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.FileNotFoundException;
import java.io.IOException;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.hdfs.BlockMissingException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;

/** Tells whose fault it is that a Hadoop file system refused something, and what can be done. */
final class HadoopFailures {
    private HadoopFailures() {}

    static InputException gone(String path, IOException e) {
        return new InputException(path + ": no such file (expected: the file that the driver found)", e);
    }

    static GheeException reading(String path, IOException thrown) {
        IOException e = unwrapped(thrown);
        if (e instanceof FileNotFoundException) {
            return new InputException(path + ": no such file (expected: a file)", e);
        }
        if (e instanceof AccessControlException) {
            return new InputException(path + ": cannot be read: " + reason(e) + " (expected: read permission)", e);
        }
        if (e instanceof ChecksumException || e instanceof BlockMissingException) {
            return new InputException(
                    path + ": a block cannot be read: " + reason(e)
                            + " (expected: one replica that is whole; `hdfs fsck` tells which are)",
                    e);
        }
        return new InfrastructureException(path + ": cannot be read: " + reason(e), e);
    }

    static GheeException writing(String path, IOException thrown) {
        IOException e = unwrapped(thrown);
        if (e instanceof AccessControlException) {
            return new ConfigurationException(
                    path + " cannot be written: " + reason(e) + " (expected: write permission)", e);
        }
        return new InfrastructureException(path + " cannot be written: " + reason(e), e);
    }

    private static IOException unwrapped(IOException e) {
        return e instanceof RemoteException remote ? remote.unwrapRemoteException() : e;
    }

    /** The first line: what a server throws has its stack in the message. */
    private static String reason(IOException e) {
        return e.toString().lines().findFirst().orElse("");
    }
}
