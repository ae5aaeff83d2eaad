import bcrypt from 'bcryptjs';

/** Runs in a thread of the password pool; plain JavaScript, so that it is the same file from source and from `dist`. */

export const hash = ({ password, rounds }) => bcrypt.hashSync(password, rounds);

export const compare = ({ password, hash }) => bcrypt.compareSync(password, hash);
